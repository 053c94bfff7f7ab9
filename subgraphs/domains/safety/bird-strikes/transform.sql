-- The anti-corruption layer: a report names its airport in its own way ("METRO OAKLAND INTL"), the mesh by its code.
-- Nothing is guessed: a name that is not in airport_names, or a code that airports does not know, gives null.
select
  strikes.row_number as id,
  airports.iata as airport_iata,
  strikes.airport_name,
  strikes.state,
  strikes.date,
  strikes.time_of_day,
  strikes.phase as phase_of_flight,
  strikes.species as wildlife_species,
  strikes.size as wildlife_size,
  strikes.aircraft,
  strikes.operator,
  strikes.speed as speed_knots,
  strikes.damage,
  strikes.cost_repair,
  strikes.cost_other,
  strikes.cost_total
from strikes
left join airport_names on airport_names.name = strikes.airport_name and airport_names.state = strikes.state
left join airports on airports.iata = airport_names.iata
