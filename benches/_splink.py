"""The same rows through Splink on DuckDB, trained without labels as its manual advises; needs requirements-bench.txt."""

import time
from collections.abc import Sequence

import duckdb
import pandas
import splink.comparison_level_library as levels
import splink.comparison_library as comparisons
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from catalog.matching.normalising import Normalised

CERTAIN = 0.999  # pairs at or above are clustered, as our own links need no person either
BLOCKS = (("gtin",), ("brand", "code", "size"), ("brand", "title", "size"))


def link(facts: Sequence[Normalised], items: dict[str, int]) -> tuple[float, float, float]:
    """Train, predict and cluster; returns seconds, and pairwise precision and recall against the true items."""
    frame = _frame(facts, items)  # noqa: F841 - DuckDB reads it by its name
    began = time.perf_counter()
    database = duckdb.connect()
    database.execute("create table rows as select * from frame")
    api = DuckDBAPI(connection=database)
    linker = Linker(api.register("rows", dataset_display_name="rows"), _settings())
    blocks = [block_on(*columns) for columns in BLOCKS]
    linker.training.estimate_probability_two_random_records_match(blocks[:2], recall=0.75)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    for block in blocks:
        linker.training.estimate_parameters_using_expectation_maximisation(block)
    predicted = linker.inference.predict(threshold_match_probability=0.05)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
        predicted, threshold_match_probability=CERTAIN
    )
    seconds = time.perf_counter() - began
    said, right, true = database.execute(
        f"""
        select (select sum(n * (n - 1) // 2) from (select count(*) as n from {clusters.physical_name} group by cluster_id)),
          (select sum(n * (n - 1) // 2) from (select count(*) as n from {clusters.physical_name} group by cluster_id, item)),
          (select sum(n * (n - 1) // 2) from (select count(*) as n from rows group by item))
        """  # noqa: S608 - a table Splink named
    ).fetchone()
    return seconds, right / max(said, 1), right / max(true, 1)


def _frame(facts: Sequence[Normalised], items: dict[str, int]) -> pandas.DataFrame:
    return pandas.DataFrame(
        {
            "unique_id": at,
            "gtin": one.gtin.key or None,
            "brand": one.brand or None,
            "code": one.code.value or None,
            "size": one.size.key or None,
            "colour": one.colour.key or None,
            "gender": one.gender or None,
            "title": " ".join(one.tokens) or None,
            "item": items[str(one.id)],
        }
        for at, one in enumerate(facts)
    )


def _settings() -> SettingsCreator:
    code = comparisons.CustomComparison(
        output_column_name="code",
        comparison_levels=[
            levels.NullLevel("code"),
            levels.ExactMatchLevel("code"),
            levels.CustomLevel("starts_with(code_l, code_r) or starts_with(code_r, code_l)", "one begins the other"),
            levels.ElseLevel(),
        ],
    )
    return SettingsCreator(
        link_type="dedupe_only",
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in BLOCKS],
        comparisons=[
            comparisons.ExactMatch("gtin"),
            code,
            comparisons.ExactMatch("size"),
            comparisons.ExactMatch("colour").configure(term_frequency_adjustments=True),
            comparisons.ExactMatch("gender"),
            comparisons.JaroWinklerAtThresholds("title", [0.95, 0.88]).configure(term_frequency_adjustments=True),
            comparisons.ExactMatch("brand").configure(term_frequency_adjustments=True),
        ],
        retain_intermediate_calculation_columns=False,
        retain_matching_columns=False,
        additional_columns_to_retain=["item"],
    )
