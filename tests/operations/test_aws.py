"""The templates for AWS are valid, and make the same things."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import hcl2
import yaml
from paths import EXAMPLES

AWS = EXAMPLES / "aws"
TERRAFORM = AWS / "main.tf"
CLOUDFORMATION = AWS / "cloudformation.yaml"
RESOURCES = {
    "aws_iam_role": "AWS::IAM::Role",
    "aws_iam_instance_profile": "AWS::IAM::InstanceProfile",
    "aws_security_group": "AWS::EC2::SecurityGroup",
    "aws_vpc_endpoint": "AWS::EC2::VPCEndpoint",
}


class _Template(yaml.SafeLoader):
    """YAML with CloudFormation's functions, whose values are kept."""


def _function(loader: _Template, _name: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    return loader.construct_sequence(node, deep=True)


_Template.add_multi_constructor("!", _function)


def template() -> dict[str, Any]:
    return yaml.load(CLOUDFORMATION.read_text(), _Template)


def test_cfn_lint_accepts_the_template() -> None:
    program = Path(sys.prefix) / "bin" / "cfn-lint"
    command = [program, "--non-zero-exit-code", "informational", CLOUDFORMATION]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_both_make_the_same_resources() -> None:
    with TERRAFORM.open() as file:
        blocks = hcl2.load(file)["resource"]
    terraform = sorted(kind.strip('"') for block in blocks for kind in block if kind[0] != "_")
    cloudformation = sorted(one["Type"] for one in template()["Resources"].values())
    assert terraform == sorted(RESOURCES)
    assert cloudformation == sorted(RESOURCES.values())


def test_the_endpoint_lets_the_clients_identities_ask_who_they_are() -> None:
    endpoint = template()["Resources"]["StsEndpoint"]["Properties"]
    (statement,) = endpoint["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Allow"
    assert statement["Action"] == "sts:GetCallerIdentity"
    assert 'Action    = "sts:GetCallerIdentity"' in TERRAFORM.read_text()
