"""Alert rules and dashboard use metrics that the exporter makes of the plugin's statistics."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from metrics import metric, metrics, statistics
from paths import EXAMPLES, REPOSITORY

RULES = EXAMPLES / "prometheus" / "alerts.yml"
DASHBOARD = EXAMPLES / "grafana" / "dashboard.json"
EXPORTER = "mongodb_exporter 0.53.0"
UNIT_TESTS = ("alerts_test.yml", "alerts_of_a_day_test.yml")
HERE = Path(__file__).parent


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    return group["rules"]


def dashboard() -> dict[str, Any]:
    return json.loads(DASHBOARD.read_text())


def queries() -> Iterator[str]:
    """Every query of the dashboard."""
    for panel in dashboard()["panels"]:
        yield from (target["expr"] for target in panel["targets"])


def promtool(*arguments: object) -> None:
    command = ["promtool", *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_statistics_found_in_the_declaration_are_those_of_the_interface() -> None:
    lines = (REPOSITORY / "abi" / "1.0" / "statistics").read_text().splitlines()
    members = dict(line.split() for line in lines)
    texts = {name for name, kind in members.items() if kind == "str"}
    assert {name.replace("[]", "") for name in members.keys() - texts} <= statistics()
    assert not {name.replace("[]", "") for name in texts} & statistics()


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("stsRequests", "mongodb_ss_awsIamAuth_stsRequests"),
        ("times.queue.sumUs", "mongodb_ss_awsIamAuth_times_queue_sumUs"),
        ("endpoints.up", "mongodb_ss_awsIamAuth_endpoints_up"),
    ],
)
def test_a_field_has_the_exporter_s_name(field: str, name: str) -> None:
    assert field in statistics()
    assert metric(field) == name


@pytest.mark.parametrize("path", [RULES, DASHBOARD, *(HERE / name for name in UNIT_TESTS)])
def test_every_metric_is_made_of_a_statistic(path: Path) -> None:
    used = set(re.findall(r"\bmongodb_\w+", path.read_text())) - {"mongodb_exporter"}
    assert used
    assert used - metrics() == set()


def test_rules_and_dashboard_name_the_exporter_s_version() -> None:
    assert EXPORTER in RULES.read_text()
    assert EXPORTER in dashboard()["description"]


def test_the_label_of_a_host_is_on_the_metrics_of_endpoints_only() -> None:
    for query in queries():
        if "member_idx" in query:
            used = re.findall(r"\bmongodb_\w+", query)
            assert all(name.startswith(metric("endpoints.")) for name in used), query


def test_the_rules_are_valid() -> None:
    promtool("check", "rules", RULES)


@pytest.mark.parametrize("name", UNIT_TESTS)
def test_rules_fire_when_they_should_and_only_then(name: str) -> None:
    promtool("test", "rules", HERE / name)


def test_every_rule_has_a_unit_test_with_a_server_for_which_it_is_silent() -> None:
    tested = set()
    for name in UNIT_TESTS:
        for test in yaml.safe_load((HERE / name).read_text())["tests"]:
            series = [one["series"] for one in test["input_series"]]
            assert any('instance="quiet"' in one for one in series), test["name"]
            (expectation,) = test["promql_expr_test"]
            (fires,) = expectation["exp_samples"]
            assert 'instance="fires"' in fires["labels"]
            tested |= set(re.findall(r'alertname="(\w+)"', expectation["expr"]))
    assert tested == {rule["alert"] for rule in rules()}


def test_every_rule_says_which_server_how_bad_and_what_to_do() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in ("critical", "warning"), rule
        assert "{{ $labels.instance }}" in rule["annotations"]["summary"], rule
        assert rule["annotations"]["description"], rule


def test_every_query_of_the_dashboard_is_valid(tmp_path: Path) -> None:
    variables = {"$__rate_interval": "5m", "$instance": ".+"}
    records = []
    for number, query in enumerate(queries()):
        for name, value in variables.items():
            query = query.replace(name, value)
        assert "$" not in query
        records.append({"record": f"query_{number}", "expr": query})
    assert records
    path = tmp_path / "queries.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": records}]}))
    promtool("check", "rules", path)


def test_every_panel_stands_for_itself() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = set()
    for panel in panels:
        at = panel["gridPos"]
        across, down = range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"])
        cells = {(x, y) for x in across for y in down}
        assert not cells & taken, panel["title"]
        assert max(across) < 24, panel["title"]
        taken |= cells


def test_the_dashboard_shows_every_outcome_of_a_login() -> None:
    text = (REPOSITORY / "src" / "stats.rs").read_text()
    outcomes = set(re.findall(r'^ +\w+: Counter => u64, "(\w+)", "logins ', text, re.M))
    assert len(outcomes) == 9
    shown = set(re.findall(r"\bmongodb_\w+", " ".join(queries())))
    assert {metric(outcome) for outcome in outcomes} - shown == set()
