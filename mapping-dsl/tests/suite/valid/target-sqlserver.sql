CREATE SCHEMA Nieuw
GO
CREATE TABLE Nieuw.Persoon (
	[Id] [bigint] NOT NULL PRIMARY KEY,
	[Naam] [nvarchar](200) NOT NULL,
	[Geboren] [date] NULL,
	[Actief] [bit] NOT NULL,
	[Premie] [decimal](18, 2) NULL,
	[Sleutel] [uniqueidentifier] NOT NULL
)
CREATE TABLE Nieuw.Oud (
	[Id] [bigint] NOT NULL PRIMARY KEY,
	[Soort] [varchar](10) NOT NULL
)
