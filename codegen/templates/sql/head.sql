-- {{ head.mark }}
--
{% for line in head.about -%}
-- {{ line }}
{% endfor -%}
{% if !head.prelude.is_empty() %}
{% endif -%}
{% for statement in head.prelude -%}
{{ statement }};
{% endfor -%}
{{ head.end -}}
