select *
from (values ('blue', '#00f'), ('white', '#fff')) as variation (id, colour)
