
-- ---------------------------------------------------------------------------------------------------------------------
-- map {{ step.section.name }} ({{ step.section.place }})
{% for line in step.section.docs -%}
-- {{ line }}
{% endfor -%}
{% for line in step.section.blocked -%}
-- {{ line }}; {{ step.section.otherwise }}
{% endfor %}
