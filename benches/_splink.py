"""Splink on DuckDB, trained without labels as its manual advises: runs alone, in the peers' environment, on normalised rows.

python benches/_splink.py FACTS.csv ANSWER.json, where FACTS has at least the columns of `COLUMNS`. The answer holds seconds, and pair
counts of different shops, as benches count them: said to be the same, rightly so, truly the same.
"""

import json
import logging
import os
import sys
import time
from typing import Any

import duckdb
import splink.comparison_level_library as levels
import splink.comparison_library as comparisons
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

COLUMNS = "unique_id shop gtin brand code size colour gender title word item".split()
BLOCKS = (("gtin",), ("brand", "code", "size"), ("brand", "title", "size"), ("brand", "word", "size", "colour"))
TAUGHT_BY = (("gtin",), ("brand", "code", "size"), ("brand", "title", "size", "colour"))
CERTAIN_PAIR, CERTAIN_CLUSTER = 0.9999, 0.999


def main(facts: str, answer: str) -> None:
    """Train, predict and cluster, then count."""
    logging.disable(logging.WARNING)
    began = time.perf_counter()
    database = duckdb.connect(config={"threads": os.cpu_count() or 1})
    columns = ", ".join(f"nullif({name}, '') as {name}" for name in COLUMNS)
    database.execute(f"create table facts as select {columns} from read_csv(?, all_varchar = true)", [facts])  # noqa: S608
    api = DuckDBAPI(connection=database)
    linker = Linker(api.register("facts", dataset_display_name="facts"), _settings())
    _train(linker)
    predicted = linker.inference.predict(threshold_match_probability=0.05)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
        predicted, threshold_match_probability=CERTAIN_CLUSTER
    )
    seconds = time.perf_counter() - began
    told = {"seconds": seconds, **_count(database, predicted.physical_name, clusters.physical_name)}
    with open(answer, "w") as out:
        json.dump(told, out)


def _train(linker: Linker) -> None:
    training = linker.training
    training.estimate_probability_two_random_records_match([block_on(*block) for block in BLOCKS[:2]], recall=0.75)
    training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    for block in TAUGHT_BY:
        training.estimate_parameters_using_expectation_maximisation(block_on(*block))


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
        additional_columns_to_retain=["item", "shop"],
    )


def _count(database: duckdb.DuckDBPyConnection, predicted: str, clusters: str) -> dict[str, Any]:
    pairs = f"from {predicted} where match_probability >= {CERTAIN_PAIR} and shop_l <> shop_r"
    figures = {
        "true": _across(database, "facts", "item"),
        "pairs_said": _one(database, f"select count(*) {pairs}"),
        "pairs_right": _one(database, f"select count(*) {pairs} and item_l = item_r"),
        "clusters_said": _across(database, clusters, "cluster_id"),
        "clusters_right": _across(database, clusters, "cluster_id, item"),
        "biggest": _one(database, f"select max(n) from (select count(*) as n from {clusters} group by cluster_id)"),  # noqa: S608
    }
    return {name: int(figure or 0) for name, figure in figures.items()}


def _across(database: duckdb.DuckDBPyConnection, table: str, same: str) -> int:
    """Count pairs that share some columns and come of different shops."""
    pairs = "select coalesce(sum(n * (n - 1) // 2), 0) from (select count(*) as n from {} group by {})"
    together = _one(database, pairs.format(table, same))
    return together - _one(database, pairs.format(table, f"{same}, shop"))


def _one(database: duckdb.DuckDBPyConnection, query: str) -> int:
    found = database.execute(query).fetchone()
    return int(found[0] or 0) if found else 0


if __name__ == "__main__":
    main(*sys.argv[1:3])
