USE [master]
GO
/****** Object:  Database [Shop]    Script Date: 01/02/2024 /* nested */ ******/
CREATE DATABASE [Shop]
 CONTAINMENT = NONE
 ON  PRIMARY 
( NAME = N'Shop', FILENAME = N'C:\data\Shop.mdf' , SIZE = 8192KB )
GO
IF (1 = FULLTEXTSERVICEPROPERTY('IsFullTextInstalled'))
begin
EXEC [Shop].[dbo].[sp_fulltext_database] @action = 'enable'
end
GO
USE [Shop]
GO
CREATE SCHEMA [Sales]
GO
CREATE TYPE [dbo].[Phone] FROM [nvarchar](25) NOT NULL
GO
CREATE TYPE [dbo].[Flag] FROM [bit] NOT NULL
GO
CREATE TYPE [dbo].[Lines] AS TABLE([a] [int] NOT NULL)
GO
SET ANSI_NULLS ON
GO
SET QUOTED_IDENTIFIER ON
GO
CREATE FUNCTION [dbo].[Leading](@value int) RETURNS varchar(8) WITH SCHEMABINDING AS
BEGIN
    DECLARE @t TABLE (a int);
    CREATE TABLE #temp (a int)
    RETURN 'GO';
END;
GO
CREATE TABLE [Sales].[Customer](
	[CustomerID] [int] IDENTITY(1,1) NOT FOR REPLICATION NOT NULL,
	[rowguid] [uniqueidentifier] ROWGUIDCOL  NOT NULL,
	[Name [short]]] [nvarchar](50) COLLATE Latin1_General_CS_AS NOT NULL,
	[Phone] [dbo].[Phone] NULL,
	[Active] [dbo].[Flag] NOT NULL,
	[Note] [nvarchar](max) SPARSE NULL,
	[Photo] [varbinary](max) FILESTREAM  NULL,
	[Survey] [xml](CONTENT [Sales].[SurveySchema]) NULL,
	[Place] [sys].[geography] NULL,
	[Limit] [money] NULL,
	[Rate] [smallmoney] NULL,
	[Share] [decimal](5, 4) NULL,
	[Tiny] [tinyint] NULL,
	[Born] [date] NULL,
	[At] [datetime2](7) NOT NULL,
	[Zoned] [datetimeoffset](3) NULL,
	[Old] [datetime] NULL,
	[Version] [timestamp] NOT NULL,
	[Object] [sysname] NOT NULL,
	[Secret] [varchar](20) MASKED WITH (FUNCTION = 'partial(1, "x,x", 0)') NULL,
	[AccountNumber]  AS (isnull('AW'+[dbo].[Leading]([CustomerID]),'')),
	[Total]  AS ([Limit]*(2)) PERSISTED NOT NULL,
	[ValidFrom] [datetime2](7) GENERATED ALWAYS AS ROW START HIDDEN  NOT NULL,
	[ValidTo] [datetime2](7) GENERATED ALWAYS AS ROW END HIDDEN  NOT NULL,
 CONSTRAINT [PK_Customer] PRIMARY KEY CLUSTERED 
(
	[CustomerID] ASC
)WITH (PAD_INDEX = OFF, STATISTICS_NORECOMPUTE = OFF, IGNORE_DUP_KEY = OFF, ALLOW_ROW_LOCKS = ON, ALLOW_PAGE_LOCKS = ON) ON [PRIMARY],
 CONSTRAINT [AK_Name] UNIQUE NONCLUSTERED 
(
	[Name [short]]] ASC,
	[Old] DESC
) ON [PRIMARY],
	PERIOD FOR SYSTEM_TIME ([ValidFrom], [ValidTo])
) ON [PRIMARY] TEXTIMAGE_ON [PRIMARY] FILESTREAM_ON [fs]
WITH
(
SYSTEM_VERSIONING = ON ( HISTORY_TABLE = [Sales].[CustomerHistory] )
)
GO
CREATE TABLE [dbo].[Customer](
	[ID] [bigint] NOT NULL,
	[Kind] [char](1) NOT NULL
) ON [PRIMARY]
GO
CREATE TABLE [dbo].[Order](
	[ID] [bigint] NOT NULL PRIMARY KEY NONCLUSTERED ([ID] ASC),
	[Customer] [int] NULL,
	[Kind] [char](1) NOT NULL
)
GO
CREATE VIEW [Sales].[v] AS
SELECT 1 AS a;
SELECT 2 AS b
GO
SET ANSI_PADDING ON
GO
CREATE UNIQUE NONCLUSTERED INDEX [AK_Phone] ON [Sales].[Customer]
(
	[Phone] ASC
)
INCLUDE([Note])
WHERE ([Phone] IS NOT NULL)
WITH (PAD_INDEX = OFF, DROP_EXISTING = OFF) ON [PRIMARY]
GO
CREATE NONCLUSTERED INDEX [IX_Born] ON [Sales].[Customer] ([Born] DESC) INCLUDE ([Note]) ON [PRIMARY]
GO
CREATE CLUSTERED COLUMNSTORE INDEX [cci] ON [dbo].[Order] WITH (DROP_EXISTING = OFF)
GO
CREATE PRIMARY XML INDEX [px] ON [Sales].[Customer]([Survey])
GO
ALTER TABLE [Sales].[Customer] ADD  CONSTRAINT [DF_rowguid]  DEFAULT (newid()) FOR [rowguid]
GO
ALTER TABLE [Sales].[Customer] ADD  DEFAULT (N'it''s; (') FOR [Note]
GO
ALTER TABLE [Sales].[Customer] ADD  CONSTRAINT [DF_Active]  DEFAULT ((1)) FOR [active]
GO
ALTER TABLE [Sales].[Customer] ADD  DEFAULT (CONVERT([datetime],'1900-01-01',(120))) FOR [Old]
GO
ALTER TABLE [Sales].[Customer] ADD  DEFAULT (sysutcdatetime()) FOR [At]
GO
ALTER TABLE [dbo].[Customer] ADD  DEFAULT (NEXT VALUE FOR [dbo].[Numbers]) FOR [ID]
GO
ALTER TABLE [dbo].[Order]  WITH CHECK ADD  CONSTRAINT [FK_Order_Customer] FOREIGN KEY([Customer])
REFERENCES [Sales].[Customer] ([CustomerID])
ON UPDATE CASCADE
ON DELETE
SET NULL
NOT FOR REPLICATION 
GO
ALTER TABLE [dbo].[Order] CHECK CONSTRAINT [FK_Order_Customer]
GO
ALTER TABLE [dbo].[Order]  WITH NOCHECK ADD  CONSTRAINT [CK_Kind] CHECK  (([Kind]='b' OR [Kind]='a'))
GO
ALTER TABLE [Sales].[Customer]  WITH CHECK ADD  CONSTRAINT [CK_Share] CHECK  (([Share]>=(0.00) AND [Share]<=(1.00)))
GO
CREATE TRIGGER [Sales].[t] ON [Sales].[Customer] INSTEAD OF DELETE AS
BEGIN
    SET NOCOUNT ON;
    CREATE TABLE no (a int);
END;
GO
EXEC sys.sp_addextendedproperty @name=N'MS_Description', @value=N'Whoever bought; it''s all here' , @level0type=N'SCHEMA',@level0name=N'Sales', @level1type=N'TABLE',@level1name=N'Customer'
GO
EXECUTE sp_addextendedproperty N'MS_Description', 'Given at the till', N'SCHEMA', [Sales], N'TABLE', [Customer], N'COLUMN', [Name [short]]];
GO
EXEC sys.sp_addextendedproperty @name=N'MS_DiagramPane1', @value=N'x' , @level0type=N'SCHEMA',@level0name=N'Sales', @level1type=N'VIEW',@level1name=N'v'
GO
INSERT [dbo].[Order] ([ID], [Customer], [Kind]) VALUES (1, NULL, N'a
GO
CREATE TABLE no (a int)')
GO 2
