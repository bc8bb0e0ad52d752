{% include "sql/fill.sql" %}
  AND {{ key }} >= {{ from }} AND {{ key }} <= {{ upto }}
