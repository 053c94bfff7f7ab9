import { SQL_FUNCTIONS } from './sql-functions.ts';

/** Where a product's `transform.sql` runs: in the database, in a DuckDB of the worker's own, or in a Spark cluster. */
export const ENGINES = ['postgres', 'duckdb', 'spark'] as const;
export type Engine = (typeof ENGINES)[number];

/**
 * What the same text means to an engine. All read it as it stands, and all of it is read by Postgres' grammar first; what an engine would
 * take for something else than Postgres does, without a word, is refused.
 */
export interface Dialect {
  /** For messages. */
  readonly name: string;
  /** What may be called: it answers from its arguments alone, or from the clock. */
  readonly functions: ReadonlySet<string>;
  /** Operators that mean there what they mean in Postgres; null: all. */
  readonly operators: ReadonlySet<string> | null;
  /** Letters that it reads otherwise than Postgres: by them a text could mean more there than was judged. */
  readonly unread: readonly { readonly pattern: RegExp; readonly says: string }[];
  /** True where `numeric` is of a few digits, and rounds, unless it says how many: `numeric(18,2)`. */
  readonly numericNeedsDigits: boolean;
}

/** Each would end somewhere else, or stand for something else, than Postgres' grammar has it. */
const NESTED = { pattern: /\/\*(?:(?!\*\/)[^])*\/\*/, says: 'a comment within a comment' };
const BLANKS = {
  pattern: /[\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f\u3000\ufeff]/,
  says: 'a blank that is none of ASCII',
};
const BACKSLASH = { pattern: /\\/, says: 'a backslash (in a text, write chr(92))' };
const VARIABLE = { pattern: /\$\{/, says: '${, which begins a variable' };

const COMMON_OPERATORS = ['+', '-', '*', '/', '%', '||', '=', '<>', '!=', '<', '>', '<=', '>='] as const;

/** Of each engine. */
export const DIALECTS: Readonly<Record<Engine, Dialect>> = {
  postgres: { name: 'Postgres', functions: SQL_FUNCTIONS, operators: null, unread: [], numericNeedsDigits: false },
  duckdb: {
    name: 'DuckDB',
    functions: named(`
      any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or count max min string_agg sum corr covar_pop covar_samp
      regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy stddev stddev_pop stddev_samp
      var_pop var_samp variance mode arg_max arg_min max_by min_by median quantile_cont quantile_disc count_if
      approx_count_distinct approx_quantile product kurtosis skewness entropy list histogram

      row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
      generate_series unnest regexp_split_to_table json_each grouping

      abs ceil ceiling floor round trunc sign sqrt cbrt exp ln log log10 log2 power pow mod fmod gcd lcm factorial pi degrees
      radians sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh cot gamma lgamma greatest least even isnan isinf
      isfinite

      ascii chr concat concat_ws format left length char_length character_length bit_length octet_length lower lpad ltrim md5 sha1
      sha256 position printf repeat replace reverse right rpad rtrim trim btrim split_part starts_with ends_with contains
      string_split string_to_array strlen strpos substr substring translate unicode upper strip_accents like_escape
      regexp_extract regexp_extract_all regexp_full_match regexp_matches regexp_replace regexp_split_to_array bit_count
      encode decode to_hex hex unhex to_base64 from_base64 levenshtein jaro_winkler_similarity

      now transaction_timestamp today age extract date_add date_diff date_part date_trunc datediff dayname monthname day month year hour
      minute second quarter week dayofweek dayofyear isodow isoyear epoch epoch_ms last_day make_date make_time make_timestamp
      make_timestamptz strftime strptime try_strptime time_bucket timezone to_timestamp to_days to_hours to_minutes to_months
      to_seconds to_years

      array_append array_cat array_length array_position array_prepend array_reverse array_sort array_to_string cardinality
      array_contains array_distinct list_contains list_distinct list_sort list_sum list_avg list_min list_max len flatten

      array_to_json json_array_length json_extract_path json_extract_path_text json_extract json_extract_string json_object
      json_array json_keys json_type json_valid row_to_json to_json

      date timestamp time interval nullif pg_typeof typeof
    `),
    // There `~` is true where all of a text matches.
    operators: new Set([...COMMON_OPERATORS, '^', '->', '->>', '&', '|', '<<', '>>']),
    unread: [NESTED, BLANKS],
    numericNeedsDigits: true,
  },
  spark: {
    name: 'Spark',
    functions: named(`
      any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or every count max min string_agg listagg sum corr covar_pop
      covar_samp regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy stddev stddev_pop
      stddev_samp var_pop var_samp variance mode max_by min_by median percentile percentile_approx percentile_cont
      percentile_disc count_if approx_count_distinct kurtosis skewness collect_list collect_set

      row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value grouping grouping_id

      abs ceil ceiling floor round bround sign signum sqrt cbrt exp expm1 ln log log10 log1p log2 power pow mod pmod div factorial
      pi degrees radians sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh cot greatest least isnan width_bucket
      rint try_divide

      ascii chr concat concat_ws left length char_length character_length bit_length octet_length lower lpad ltrim md5 sha1 sha2
      position locate instr repeat replace reverse right rpad rtrim trim btrim split split_part startswith endswith contains
      substr substring substring_index translate upper initcap overlay regexp_count regexp_extract regexp_extract_all
      regexp_instr regexp_like regexp_replace regexp_substr bit_count encode decode hex unhex base64 unbase64 crc32 xxhash64
      levenshtein soundex format_number like_escape

      now current_date current_timestamp add_months date_add date_sub date_diff datediff date_format date_part date_trunc trunc
      day dayofmonth dayofweek dayofyear month monthname year hour minute second quarter weekday weekofyear last_day next_day
      extract make_date make_timestamp months_between to_date to_timestamp to_unix_timestamp unix_timestamp unix_date from_unixtime
      from_utc_timestamp to_utc_timestamp timestamp_seconds timestamp_millis to_char to_number try_to_timestamp try_to_number

      array_append array_compact array_contains array_distinct array_join array_max array_min array_position array_prepend
      array_remove array_size array_sort cardinality element_at flatten size slice sort_array

      get_json_object json_array_length json_object_keys to_json from_json

      date timestamp nullif nvl if typeof
    `),
    // There `^` is an exclusive or, and `~` a complement.
    operators: new Set([...COMMON_OPERATORS, '&', '|']),
    unread: [NESTED, BLANKS, BACKSLASH, VARIABLE],
    numericNeedsDigits: true,
  },
};

function named(names: string): ReadonlySet<string> {
  return new Set(names.trim().split(/\s+/));
}
