{% include "sql/head.sql" -%}
{{ logs.run.create }} (
  id BIGINT IDENTITY(1, 1) NOT NULL PRIMARY KEY,
  mapping NVARCHAR(128) NOT NULL,
  mapping_hash NVARCHAR(64) NOT NULL,
  state NVARCHAR(64) NOT NULL CHECK (state IN ('running', 'done', 'more', 'failed')),
  minutes INT,
  batch INT NOT NULL,
  started_at DATETIME2(3) NOT NULL, -- UTC
  ended_at DATETIME2(3),
  error_number INT,
  error_message NVARCHAR(4000)
);
{{ logs.step.create }} (
  id BIGINT IDENTITY(1, 1) NOT NULL PRIMARY KEY,
  run BIGINT NOT NULL REFERENCES {{ logs.run.table }} (id),
  map NVARCHAR(128) NOT NULL,
  place INT NOT NULL,
  state NVARCHAR(64) NOT NULL CHECK (state IN ('running', 'done', 'more', 'failed', 'blocked')),
  batches INT NOT NULL DEFAULT 0,
  migrated BIGINT NOT NULL DEFAULT 0,
  found BIGINT NOT NULL DEFAULT 0,
  rejected BIGINT NOT NULL DEFAULT 0,
  started_at DATETIME2(3) NOT NULL, -- UTC
  ended_at DATETIME2(3),
  error_number INT,
  error_line INT,
  error_procedure NVARCHAR(128),
  error_message NVARCHAR(4000)
);
{{ logs.reject.create }} (
  id BIGINT IDENTITY(1, 1) NOT NULL PRIMARY KEY,
  run BIGINT NOT NULL REFERENCES {{ logs.run.table }} (id),
  map NVARCHAR(128) NOT NULL,
  legacy_key NVARCHAR(4000) NOT NULL,
  reason NVARCHAR(4000) NOT NULL
);
GO
{% for step in steps -%}
{% include "sql/section.sql" -%}
{% if step.blocked.is_none() -%}
CREATE OR ALTER PROCEDURE {{ step.procedure }} (@Run BIGINT, @Step BIGINT, @Until DATETIME2(3), @Batch INT)
AS
BEGIN
SET NOCOUNT ON;
SET XACT_ABORT ON;
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;
DECLARE @Rows INT = @Batch;
{% for last in step.last -%}
{{ last.declared }}
{% endfor -%}
{{ step.page.create }} (
{%- for column in step.page.columns %}
  {{ column }},
{%- endfor %}
  PRIMARY KEY ({{ step.page.key }})
);
{% for table in step.tables -%}
{{ table.create }} (
{%- for column in table.columns %}
  {{ column }},
{%- endfor %}
  PRIMARY KEY ({{ table.key }})
);
{% endfor %}
{% match step.ready -%}
{% when Some with (_) -%}
-- A row waits for the row of this map that it refers to. What is left when a pass finds nothing more refers to rows that are
-- not there, or in a ring, and is rejected.
DECLARE @Waits INT = 1;
DECLARE @Pass BIGINT = 0;
WHILE @Rows = @Batch OR @Waits = 1
BEGIN
IF @Rows < @Batch
BEGIN
  IF @Pass = 0 SET @Waits = 0;
  SET @Pass = 0;
  SET @Rows = @Batch;
{%- for last in step.last %}
  SET {{ last.name }} = NULL;
{%- endfor %}
END;
{% when None -%}
WHILE @Rows = @Batch
BEGIN
{% endmatch -%}
IF @Until IS NOT NULL AND SYSUTCDATETIME() >= @Until
BEGIN
  UPDATE {{ logs.step.table }} SET state = N'more', ended_at = SYSUTCDATETIME() WHERE id = @Step;
  RETURN;
END;
DELETE FROM {{ step.page.name }};
{% for table in step.tables -%}
DELETE FROM {{ table.name }};
{% endfor %}
{{ begin }};

-- The next pending rows.
{% for page in step.pages -%}
{{ page.when }}
INSERT INTO {{ step.page.name }} ({{ step.legacy }})
SELECT TOP (@Batch) {{ step.key }}
FROM {{ step.base }}
{%- for join in step.scope_joins %}
{{ join }}
{%- endfor %}
{%- for line in step.pending %}
{% if loop.first %}WHERE{% else %}  AND{% endif %} {{ line.sql }}{% if let Some(remark) = line.remark %} -- {{ remark }}{% endif %}
{%- endfor %}
{%- if let Some(ready) = step.ready %}
  AND (@Waits = 0 OR ({{ ready }}))
{%- endif %}
{%- if let Some(after) = page.after %}
  AND {{ after }}
{%- endif %}
ORDER BY {{ step.key }};
{% endfor -%}
SET @Rows = (SELECT COUNT(*) FROM {{ step.page.name }});
{% if step.ready.is_some() -%}
SET @Pass = @Pass + @Rows;
{% endif -%}
SELECT TOP (1) {% for last in step.last %}{{ last.name }} = {{ last.column }}{% if !loop.last %}, {% endif %}{% endfor %}
FROM {{ step.page.name }}
ORDER BY {{ step.last_first }};
{% if step.there.is_some() || !step.reasons.is_empty() %}
-- What becomes of each: it is there already, it is rejected for a reason, or it is carried.
UPDATE [cutover_page]
SET
{%- if let Some(there) = step.there %}
  is_there = CASE WHEN {{ there.condition }} THEN 1 ELSE 0 END{% if !step.reasons.is_empty() %},{% endif %}
{%- endif %}
{%- for refusal in step.reasons %}
{%- if loop.first %}
  reason = CASE
{%- endif %}
    WHEN {{ refusal.condition }} THEN {{ refusal.reason }}
{%- if loop.last %}
  END
{%- endif %}
{%- endfor %}
FROM {{ step.page.name }} AS [cutover_page]
JOIN {{ step.base }} ON {{ step.same }}
{%- for join in step.joins %}
{{ join }}
{%- endfor %};
{% endif %}
INSERT INTO {{ logs.reject.table }} (run, map, legacy_key, reason)
SELECT @Run, {{ step.name }}, {{ step.shown }}, reason
FROM {{ step.page.name }}
WHERE is_there = 0 AND reason IS NOT NULL;

INSERT INTO {{ step.entries.table }} ({{ step.legacy }}, state, run)
SELECT {{ step.legacy }}, 'rejected', @Run
FROM {{ step.page.name }}
WHERE is_there = 0 AND reason IS NOT NULL;
{% if let Some(there) = step.there %}
INSERT INTO {{ step.entries.table }} ({{ step.legacy }}, state, {{ there.keys }}, run)
SELECT {{ step.legacy }}, 'found', {{ there.values }}, @Run
FROM {{ step.page.name }} AS [cutover_page]
JOIN {{ step.base }} ON {{ step.same }}
{%- for join in step.joins %}
{{ join }}
{%- endfor %}
WHERE [cutover_page].is_there = 1;
{% endif %}
INSERT INTO {{ step.batch }} ({{ step.known }})
SELECT
{%- for column in step.fill.columns %}
  {{ column }}{% if !loop.last %},{% endif %}
{%- endfor %}
FROM {{ step.page.name }} AS [cutover_page]
JOIN {{ step.base }} ON {{ step.same }}
{%- for join in step.joins %}
{{ join }}
{%- endfor %}
WHERE [cutover_page].is_there = 0 AND [cutover_page].reason IS NULL;
{% include "sql/carry.sql" %}
INSERT INTO {{ step.entries.table }} ({{ step.entries.legacy }}, state, {{ step.entries.keys }}, run)
SELECT {{ step.entries.legacy }}, 'migrated', {{ step.entries.keys }}, @Run
FROM {{ step.entries.batch }};

UPDATE {{ logs.step.table }}
SET batches = batches + 1,
  migrated = migrated + (SELECT COUNT(*) FROM {{ step.batch }}),
  found = found + (SELECT COUNT(*) FROM {{ step.page.name }} WHERE is_there = 1),
  rejected = rejected + (SELECT COUNT(*) FROM {{ step.page.name }} WHERE is_there = 0 AND reason IS NOT NULL)
WHERE id = @Step;
COMMIT;
END;
UPDATE {{ logs.step.table }} SET state = N'done', ended_at = SYSUTCDATETIME() WHERE id = @Step;
END;
GO
{% endif -%}
{% endfor %}
-- ---------------------------------------------------------------------------------------------------------------------
-- all maps in order
CREATE OR ALTER PROCEDURE {{ procedure }} (@Minuten INT = NULL, @Batch INT = 5000)
AS
BEGIN
SET NOCOUNT ON;
SET XACT_ABORT ON;
DECLARE @Until DATETIME2(3) = DATEADD(MINUTE, @Minuten, SYSUTCDATETIME());
DECLARE @Run BIGINT;
DECLARE @Step BIGINT;
IF @Batch IS NULL OR @Batch < 1 THROW 50001, N'@Batch must be at least 1', 1;
IF @@TRANCOUNT > 0 THROW 50002, N'cutover_run commits each batch: call it outside of a transaction', 1;
EXEC sp_getapplock @Resource = {{ lock }}, @LockMode = N'Exclusive', @LockOwner = N'Session', @LockTimeout = 0;
IF APPLOCK_MODE(N'public', {{ lock }}, N'Session') <> N'Exclusive' THROW 50003, N'another run is under way: wait until it ends', 1;
BEGIN TRY
-- Nobody holds the lock, so a run that looks as if it were under way has ended without a word.
UPDATE {{ logs.step.table }} SET state = N'failed', error_message = N'the session ended' WHERE state = N'running';
UPDATE {{ logs.run.table }} SET state = N'failed', error_message = N'the session ended' WHERE state = N'running';
INSERT INTO {{ logs.run.table }} (mapping, mapping_hash, state, minutes, batch, started_at)
VALUES ({{ mapping }}, {{ hash }}, N'running', @Minuten, @Batch, SYSUTCDATETIME());
SET @Run = SCOPE_IDENTITY();
{% for step in steps %}
IF @Until IS NULL OR SYSUTCDATETIME() < @Until
BEGIN
{%- if let Some(blocked) = step.blocked %}
  INSERT INTO {{ logs.step.table }} (run, map, place, state, started_at, ended_at, error_message)
  VALUES (@Run, {{ step.name }}, {{ step.place }}, N'blocked', SYSUTCDATETIME(), SYSUTCDATETIME(), LEFT({{ blocked }}, 4000));
{%- else %}
  INSERT INTO {{ logs.step.table }} (run, map, place, state, started_at)
  VALUES (@Run, {{ step.name }}, {{ step.place }}, N'running', SYSUTCDATETIME());
  SET @Step = SCOPE_IDENTITY();
  EXEC {{ step.procedure }} @Run = @Run, @Step = @Step, @Until = @Until, @Batch = @Batch;
{%- endif %}
END;
{% endfor %}
UPDATE {{ logs.run.table }}
SET ended_at = SYSUTCDATETIME(),
  state = CASE WHEN (SELECT COUNT(*) FROM {{ logs.step.table }} WHERE run = @Run AND state IN (N'done', N'blocked')) = {{ steps.len() }} THEN N'done' ELSE N'more' END
WHERE id = @Run;
END TRY
BEGIN CATCH
IF XACT_STATE() <> 0 ROLLBACK;
{% for counter in counters -%}
SET IDENTITY_INSERT {{ counter }} OFF;
{% endfor -%}
UPDATE {{ logs.step.table }}
SET state = N'failed', ended_at = SYSUTCDATETIME(), error_number = ERROR_NUMBER(), error_line = ERROR_LINE(),
  error_procedure = ERROR_PROCEDURE(), error_message = ERROR_MESSAGE()
WHERE run = @Run AND state = N'running';
UPDATE {{ logs.run.table }}
SET state = N'failed', ended_at = SYSUTCDATETIME(), error_number = ERROR_NUMBER(), error_message = ERROR_MESSAGE()
WHERE id = @Run;
EXEC sp_releaseapplock @Resource = {{ lock }}, @LockOwner = N'Session';
THROW;
END CATCH;
EXEC sp_releaseapplock @Resource = {{ lock }}, @LockOwner = N'Session';
SELECT map, state, batches, migrated, found, rejected, error_message FROM {{ logs.step.table }} WHERE run = @Run ORDER BY place;
END;
GO
