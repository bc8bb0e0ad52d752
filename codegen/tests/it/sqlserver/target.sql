CREATE TABLE [dbo].[OSUSR_P2D_RELATIE](
	[Id] [bigint] IDENTITY(1,1) NOT NULL,
	[LegacyId] [int] NULL,
	[Naam] [nvarchar](200) NOT NULL,
	[Email] [nvarchar](250) NOT NULL,
	[IsActief] [bit] NOT NULL,
	[Geboortedatum] [date] NULL,
	[AangemaaktOp] [datetime] NULL,
	[Sleutel] [uniqueidentifier] NOT NULL,
 CONSTRAINT [OSPRK_OSUSR_P2D_RELATIE] PRIMARY KEY CLUSTERED ([Id] ASC),
 CONSTRAINT [OSIDX_RELATIE_LEGACY] UNIQUE ([LegacyId])
)
GO
CREATE TABLE [dbo].[OSUSR_P2D_ADRES](
	[Id] [bigint] IDENTITY(1,1) NOT NULL,
	[RelatieId] [bigint] NOT NULL,
	[Straat] [nvarchar](100) NOT NULL,
	[Plaats] [nvarchar](100) NOT NULL,
 CONSTRAINT [OSPRK_OSUSR_P2D_ADRES] PRIMARY KEY CLUSTERED ([Id] ASC),
 CONSTRAINT [OSFRK_ADRES_RELATIE] FOREIGN KEY ([RelatieId]) REFERENCES [dbo].[OSUSR_P2D_RELATIE] ([Id])
)
GO
CREATE TABLE [dbo].[OSUSR_9QF_POLIS](
	[Id] [bigint] IDENTITY(1,1) NOT NULL,
	[RelatieId] [bigint] NOT NULL,
	[Polisnummer] [nvarchar](20) NOT NULL,
	[Premie] [decimal](18, 2) NOT NULL,
	[Status] [nvarchar](20) NOT NULL,
	[Houder] [nvarchar](200) NOT NULL,
 CONSTRAINT [OSPRK_OSUSR_9QF_POLIS] PRIMARY KEY CLUSTERED ([Id] ASC)
)
GO
CREATE TABLE [dbo].[OSUSR_M4C_INHOUD](
	[Code] [nvarchar](40) NOT NULL,
	[Inhoud] [varbinary](max) NULL,
	[PolisId] [bigint] NOT NULL,
 CONSTRAINT [OSPRK_OSUSR_M4C_INHOUD] PRIMARY KEY CLUSTERED ([Code] ASC)
)
GO
CREATE TABLE [dbo].[OSUSR_P2D_SOORT](
	[Id] [int] IDENTITY(1,1) NOT NULL,
	[Label] [varchar](50) NOT NULL,
	[Gewijzigd] [datetime] NOT NULL,
 CONSTRAINT [OSPRK_OSUSR_P2D_SOORT] PRIMARY KEY CLUSTERED ([Id] ASC)
)
GO
