CREATE TABLE [dbo].[OSUSR_K7X_RELATIE](
	[Id] [int] IDENTITY(1,1) NOT NULL,
	[Naam] [nvarchar](200) NOT NULL,
	[Email] [varchar](250) NOT NULL,
	[Telefoon] [varchar](20) NOT NULL,
	[Geboortedatum] [datetime] NOT NULL,
	[Straat] [nvarchar](100) NOT NULL,
	[Plaats] [nvarchar](100) NOT NULL,
	[IsActief] [bit] NOT NULL,
	[AangemaaktOp] [datetime] NULL,
 CONSTRAINT [OSPRK_OSUSR_K7X_RELATIE] PRIMARY KEY CLUSTERED ([Id] ASC)
)
GO
CREATE TABLE [dbo].[OSUSR_K7X_POLIS1](
	[Id] [int] IDENTITY(1,1) NOT NULL,
	[RelatieId] [int] NULL,
	[Polisnummer] [nvarchar](20) NOT NULL,
	[Premie] [decimal](37, 8) NOT NULL,
	[StatusId] [int] NOT NULL,
	[IsActief] [bit] NOT NULL,
 CONSTRAINT [OSPRK_OSUSR_K7X_POLIS1] PRIMARY KEY CLUSTERED ([Id] ASC)
)
GO
CREATE TABLE [dbo].[OSUSR_K7X_DOCUMENT](
	[Code] [nvarchar](40) NOT NULL,
	[PolisId] [int] NULL,
	[Inhoud] [image] NULL,
 CONSTRAINT [OSPRK_OSUSR_K7X_DOCUMENT] PRIMARY KEY CLUSTERED ([Code] ASC)
)
GO
CREATE TABLE [dbo].[OSUSR_K7X_SOORT](
	[Id] [int] NOT NULL,
	[Label] [nvarchar](50) NOT NULL,
	[Gewijzigd] [datetime2](3) NOT NULL,
 CONSTRAINT [OSPRK_OSUSR_K7X_SOORT] PRIMARY KEY CLUSTERED ([Id] ASC)
)
GO
