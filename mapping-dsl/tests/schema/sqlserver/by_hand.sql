-- No mark between statements, and no batch either
IF OBJECT_ID('Kern.Relatie') IS NULL CREATE TABLE Kern.Relatie (
  Id int IDENTITY PRIMARY KEY,
  Naam nvarchar(200) NOT NULL CONSTRAINT DF_Naam DEFAULT N'',
  Total AS Id * 2 PERSISTED,
  [Order] int NOT NULL CONSTRAINT CK_Order CHECK ([Order] > 0) INDEX IX_Order NONCLUSTERED,
  Owner int CONSTRAINT FK_Owner FOREIGN KEY REFERENCES Kern.Relatie (Id),
  "quoted name" varchar(5) DEFAULT 'x' WITH VALUES,
  Chosen char(1) CHECK (Chosen IN ('P','R')),
  INDEX IX_Both (Naam, [Order] DESC) WITH (FILLFACTOR = 80),
  INDEX IX_Columns CLUSTERED COLUMNSTORE,
  CONSTRAINT U UNIQUE (Naam ASC) WITH (IGNORE_DUP_KEY = ON) ON [PRIMARY]
)
CREATE INDEX IX_Later ON Kern.Relatie (Naam)
IF NOT EXISTS (SELECT * FROM sys.objects WHERE name = 'Adres')
BEGIN
CREATE TABLE [Kern].[Adres](
	[Id] [bigint] NOT NULL,
	[Computed]  AS (case when [Id]=1
	  then 'a'
	  else 'b'
	end),
	[Relatie] [int] NULL
) WITH (DATA_COMPRESSION = PAGE)
END
ALTER TABLE Kern.Adres ADD Straat nvarchar(100) NULL, Plaats nvarchar(100) NOT NULL DEFAULT (''),
  CONSTRAINT PK_Adres PRIMARY KEY (Id)
ALTER TABLE Kern.Adres ALTER COLUMN Straat nvarchar(200) NOT NULL
ALTER TABLE Kern.Adres DROP COLUMN Relatie
DECLARE @t TABLE (a int)
SELECT 1
CREATE TABLE #gone (a int)
CREATE TABLE dbo.Follows AS EDGE
CREATE TABLE dbo.Copied WITH (DISTRIBUTION = ROUND_ROBIN) AS SELECT 1 AS a
:setvar name "value"
CREATE TABLE [Geïmporteerd] ([Ключ] int PRIMARY KEY, [🐘] nvarchar(3))
