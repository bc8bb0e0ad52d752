{% include "sql/head.sql" -%}
CREATE OR ALTER VIEW {{ names }} AS
SELECT [cutover_names].[Id], [cutover_names].[Naam], [cutover_names].[Map], [cutover_names].[Rol]
FROM (VALUES
{%- for table in tables %}
  ({{ table.number }}, {{ table.table }}, {{ table.map }}, {{ table.role }}){% if !loop.last %},{% endif %}
{%- endfor %}
) AS [cutover_names] ([Id], [Naam], [Map], [Rol]);
GO
CREATE OR ALTER VIEW {{ entities }} AS
{%- for table in tables %}
{%- if !loop.first %}
UNION ALL
{%- endif %}
SELECT {{ table.old }} AS [OldId], {{ table.new }} AS [NewId], {{ table.number }} AS [TabelNaamId], {{ table.table }} AS [TabelNaam]
FROM {{ table.entries }}
WHERE {{ table.key }} IS NOT NULL
{%- endfor %};
GO
CREATE OR ALTER VIEW {{ runs }} AS
SELECT id AS [Id], mapping AS [Mapping], started_at AS [Gestart], ended_at AS [Beeindigd], state AS [Status], minutes AS [Minuten],
  batch AS [BatchGrootte], error_number AS [FoutNummer], error_message AS [Foutmelding]
FROM {{ run_log }};
GO
CREATE OR ALTER VIEW {{ steps }} AS
SELECT id AS [Id], run AS [MigratieRunId], place AS [Volgorde], map AS [Naam], started_at AS [Gestart], ended_at AS [Beeindigd],
  state AS [Status], batches AS [AantalBatches], migrated AS [AantalGemigreerd], found AS [AantalGevonden],
  rejected AS [AantalAfgewezen], error_number AS [FoutNummer], error_message AS [Foutmelding]
FROM {{ step_log }};
GO
