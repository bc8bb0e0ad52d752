SELECT {{ columns }}
FROM {{ from }}
{%- for join in joins %}
{{ join }}
{%- endfor %}
{%- for condition in conditions %}
{% if loop.first %}WHERE{% else %}  AND{% endif %} {{ condition }}
{%- endfor %};
