SET ANSI_NULLS ON
GO
CREATE TABLE [dbo].[Relatie](
	[Id] [int] IDENTITY(1,1) NOT NULL,
	[Naam] [nvarchar](200) NOT NULL,
	[Geboren] [datetime] NULL,
	[Actief] [bit] NOT NULL,
	[Premie] [decimal](37, 8) NULL,
	[Sleutel] [uniqueidentifier] NOT NULL,
	[Versie] [timestamp] NOT NULL,
 CONSTRAINT [PK_Relatie] PRIMARY KEY CLUSTERED ([Id] ASC) ON [PRIMARY]
) ON [PRIMARY]
GO
CREATE TABLE [Archief].[Relatie](
	[Id] [bigint] NOT NULL,
	[Soort] [nvarchar](1) NOT NULL,
 CONSTRAINT [PK_Archief] PRIMARY KEY CLUSTERED ([Id] ASC),
 CONSTRAINT [CK_Soort] CHECK ([Soort] IN (N'P', N'R'))
)
GO
