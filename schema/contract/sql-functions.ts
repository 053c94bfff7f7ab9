/** What makes one value of the rows of a group. */
export const AGGREGATE_FUNCTIONS = named(`
  any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or count every json_agg json_agg_strict json_object_agg
  json_object_agg_strict json_object_agg_unique jsonb_agg jsonb_agg_strict jsonb_object_agg jsonb_object_agg_strict
  jsonb_object_agg_unique max min range_agg range_intersect_agg string_agg sum corr covar_pop covar_samp regr_avgx regr_avgy
  regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy stddev stddev_pop stddev_samp var_pop var_samp variance
  mode percentile_cont percentile_disc
`);

/** What looks at a row among others. */
export const WINDOW_FUNCTIONS = named(`
  row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
`);

/** What makes several rows of one. */
export const SET_FUNCTIONS = named(`
  generate_series generate_subscripts json_array_elements json_array_elements_text json_each json_each_text json_object_keys
  json_to_record json_to_recordset jsonb_array_elements jsonb_array_elements_text jsonb_each jsonb_each_text jsonb_object_keys
  jsonb_path_query jsonb_to_record jsonb_to_recordset regexp_matches regexp_split_to_table string_to_table unnest
`);

/** What answers from the clock: the same all through a statement, and another time in the next. */
export const CLOCK_FUNCTIONS = named(`now statement_timestamp transaction_timestamp`);

/**
 * Functions that a transformation, a quality query or an expression may call: those of Postgres that answer from their arguments
 * alone, or from the clock. What is not here is refused: what reads files, settings, sessions or catalogs (`pg_read_file`,
 * `current_setting`), what waits, locks or writes (`pg_sleep`, `pg_advisory_lock`, `nextval`), what runs SQL that it is given
 * (`query_to_xml`, `ts_stat`), and what differs each time (`random`), since a run that is taken up again must yield the same rows.
 */
export const SQL_FUNCTIONS: ReadonlySet<string> = new Set([
  ...AGGREGATE_FUNCTIONS,
  ...WINDOW_FUNCTIONS,
  ...SET_FUNCTIONS,
  ...CLOCK_FUNCTIONS,
  ...named(`
  abs ceil ceiling floor round trunc sign sqrt cbrt exp ln log log10 power pow mod div gcd lcm factorial pi degrees radians
  sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh cot sind cosd tand asind acosd atand atan2d cotd
  width_bucket scale min_scale trim_scale erf erfc gamma lgamma

  ascii btrim bit_length char_length character_length chr concat concat_ws format initcap left length lower lpad ltrim md5
  normalize octet_length overlay parse_ident position quote_ident quote_literal quote_nullable regexp_count regexp_instr
  regexp_like regexp_match regexp_replace regexp_split_to_array regexp_substr repeat
  replace reverse right rpad rtrim split_part starts_with string_to_array strpos substr substring to_ascii
  to_hex to_bin to_oct translate unistr upper casefold like notlike like_escape similar_to_escape similar_escape textcat is_normalized
  encode decode convert_from convert_to sha224 sha256 sha384 sha512 crc32 crc32c get_byte set_byte get_bit set_bit bit_count
  hashtext hashtextextended to_char to_date to_number to_timestamp

  age date_add date_bin date_part date_subtract date_trunc extract
  isfinite justify_days justify_hours justify_interval make_date make_interval make_time make_timestamp make_timestamptz
  timezone overlaps date timestamp timestamptz time timetz interval

  array_append array_cat array_dims array_fill array_length array_lower array_ndims array_position array_positions
  array_prepend array_remove array_replace array_reverse array_sort array_to_string array_upper cardinality trim_array

  array_to_json json_array_length json_build_array json_build_object
  json_extract_path json_extract_path_text json_object json_strip_nulls
  json_typeof row_to_json to_json to_jsonb jsonb_array_length
  jsonb_build_array jsonb_build_object jsonb_extract_path jsonb_extract_path_text jsonb_insert
  jsonb_object jsonb_path_exists jsonb_path_match jsonb_path_query_array
  jsonb_path_query_first jsonb_pretty jsonb_set jsonb_set_lax jsonb_strip_nulls jsonb_typeof

  grouping

  int4range int8range numrange tsrange tstzrange daterange isempty lower_inc lower_inf upper_inc upper_inf range_merge
  point line lseg box circle path polygon area center diameter radius
  to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery ts_rank ts_rank_cd setweight strip numnode
  host family network netmask broadcast masklen abbrev inet_same_family
  num_nulls num_nonnulls pg_typeof uuid_extract_timestamp uuid_extract_version
  `),
]);

/** Types of catalog objects: a cast to one looks a name up among what the domain may not see. */
export const CATALOG_TYPES: ReadonlySet<string> = new Set([
  'regclass',
  'regcollation',
  'regconfig',
  'regdictionary',
  'regnamespace',
  'regoper',
  'regoperator',
  'regproc',
  'regprocedure',
  'regrole',
  'regtype',
  'aclitem',
]);

function named(names: string): ReadonlySet<string> {
  return new Set(names.trim().split(/\s+/));
}
