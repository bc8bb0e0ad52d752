{% for table in step.tables -%}
DROP TABLE IF EXISTS {{ table.name }};
{% endfor -%}
{% for table in step.tables -%}
{{ table.create }} (
{%- for column in table.columns %}
  {{ column }},
{%- endfor %}
  PRIMARY KEY ({{ table.key }})
);
{% endfor -%}
