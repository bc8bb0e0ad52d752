{% include "sql/head.sql" %}
{% for schema in schemas -%}
IF SCHEMA_ID({{ schema.name }}) IS NULL EXEC ({{ schema.statement }});
{% endfor -%}
GO
{% for table in tables -%}
IF OBJECT_ID({{ table.name }}) IS NULL EXEC ({{ table.statement }});{% if let Some(entity) = table.entity %} -- {{ entity }}{% endif %}
{% endfor -%}
GO
