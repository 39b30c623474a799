"""Terraform or OpenTofu with the AWS provider, for a test that needs the real thing.

TEST_TERRAFORM names a folder with both programs: `terraform` or `tofu`, and the provider as it comes out of its archive
(`terraform-provider-aws_v6.0.0_x5`, for one). Nothing is fetched.

    TEST_TERRAFORM=folder .venv/bin/pytest tests/docs/test_terraform.py
"""

import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

_NEEDED = 'terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws" }\n  }\n}\n'
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
_VERSION = "5.100.0"
"""What the provider is filed under; it is not asked for its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """The program that reads configurations, and the provider that it starts."""

    program: Path
    provider: Path

    def environment(self, folder: Path) -> dict[str, str]:
        """One in which `terraform` is the program, which finds the provider in ``folder`` and asks nobody for it."""
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "terraform").symlink_to(self.program)
        target = f"{platform.system().lower()}_{_MACHINES.get(platform.machine(), platform.machine())}"
        mirror = folder / "mirror" / self._host(folder) / "hashicorp" / "aws" / _VERSION / target
        mirror.mkdir(parents=True)
        (mirror / f"terraform-provider-aws_v{_VERSION}").symlink_to(self.provider)
        settings = folder / "settings"
        settings.write_text(
            f'provider_installation {{\n  filesystem_mirror {{\n    path = "{folder / "mirror"}"\n  }}\n}}\n'
        )
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_", "TERRAFORM_"))}
        return kept | {
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "TF_CLI_CONFIG_FILE": str(settings),
            "TF_CLI_ARGS": "-no-color",
            "CHECKPOINT_DISABLE": "1",
        }

    def _host(self, folder: Path) -> str:
        """Where the program believes the provider to come from, which is what it is filed under."""
        (folder / "needed").mkdir()
        (folder / "needed" / "main.tf").write_text(_NEEDED)
        told = run(f"{quote(str(self.program))} providers", folder / "needed", {"CHECKPOINT_DISABLE": "1"})
        return told.partition("provider[")[2].partition("/")[0]


def programs() -> Programs | None:
    """Those of the folder that TEST_TERRAFORM names; None where it names none, or one of them is missing."""
    named = os.environ.get("TEST_TERRAFORM")
    if not named:
        return None
    root = Path(named).resolve()
    program = next((root / name for name in ("terraform", "tofu") if (root / name).is_file()), None)
    provider = next((found for found in sorted(root.glob("terraform-provider-aws*")) if found.is_file()), None)
    return Programs(program=program, provider=provider) if program and provider else None


def run(commands: str, folder: Path, environment: dict[str, str]) -> str:
    """What the commands print. One that fails is an error that shows it."""
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", commands],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
