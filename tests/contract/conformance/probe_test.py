#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""probe_test.py PVS_VALIDATE PVS_HOST PROBE_DIR SCRIPT_DIR

The reference host passes the probe, and pvs-validate finds fault with the probe only where it misbehaves on purpose.
"""
import json
import os
import subprocess
import sys
import tempfile

ON_PURPOSE = {"job.ends_once", "host.header", "host.requests", "host.threads", "host.services", "host.dialogs", "host.log"}


def run_host(host, probe, scripts, script):
    with tempfile.TemporaryDirectory() as work:
        return subprocess.run([host, "run", "--plugin", probe, "--script", script, "--practice",
                               os.path.join(scripts, "practice.json"), "--data", os.path.join(work, "data")],
                              capture_output=True, text=True, timeout=120)


def main():
    validate, host, probe, scripts = sys.argv[1:5]
    bad = False
    run = run_host(host, probe, scripts, os.path.join(scripts, "script.json"))
    last = json.loads(run.stdout.splitlines()[-1]) if run.stdout else {}
    rows = last.get("view", {}).get("table", {}).get("rows", [])
    print(f"pvs-host under the probe: exit code {run.returncode}, {len(rows)} rows")
    outcomes = {row["row_id"]: row["cells"]["result"]["code"] for row in rows}
    if run.returncode != 0 or len(rows) < 90 or set(outcomes.values()) != {"pass"}:
        bad = True
        print({name: code for name, code in outcomes.items() if code != "pass"}, run.stderr[-1500:])

    # Before anything was tested, the probe does not say that it passed.
    with tempfile.TemporaryDirectory() as work:
        script = os.path.join(work, "script.json")
        with open(script, "w", encoding="utf-8") as file:
            json.dump([{"as": "dr_zwei", "invoke": "probe.run", "wait_job": False},
                       {"cancel_job": True, "when": {"accepted": {"$absent": True}}}], file)
        run = run_host(host, probe, scripts, script)
        if run.returncode != 0:  # stopped in the middle of its job
            bad = True
            print("stopped in the middle:", run.returncode, run.stderr[-1500:])

    with tempfile.TemporaryDirectory() as work:
        out = os.path.join(work, "out.json")
        subprocess.run([validate, probe, "--json", out, "--jobs", "2", "--time-factor", "50"], capture_output=True, timeout=250)
        with open(out, encoding="utf-8") as file:
            checks = json.load(file)["checks"]
    found = {check["name"] for check in checks if check["verdict"] not in ("passed", "skipped")}
    print(f"pvs-validate finds in the probe: {sorted(found)}")
    if found != ON_PURPOSE:
        bad = True
        print([c["texts"] for c in checks if c["name"] in found ^ ON_PURPOSE])
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
