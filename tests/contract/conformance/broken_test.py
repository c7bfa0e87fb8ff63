#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""broken_test.py validate|host PVS_VALIDATE PVS_HOST BROKEN_DIR

validate: every broken plugin is named by the checks that are about its mistake, and by no check that must not care.
host:     the reference host survives every one of them, with a message that says what is wrong.
"""
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile

# The checks that must fail; "name?" is a warning. A plugin that is in EXACT fails no other check.
VALIDATE = {
    "good": "",
    "throws_in_describe": "load.describe",
    "throws_in_create": "create.starts",
    "throws_in_call": "call.nothing_thrown",
    "throws_in_cancel": "call.nothing_thrown cancel.race",
    "throws_in_on_main": "call.nothing_thrown main.unknown_tokens",
    "throws_in_stop": "call.nothing_thrown",
    "throws_in_destroy": "call.nothing_thrown",
    "hangs_in_call": "life.completes",
    "hangs_in_stop": "stop.returns",
    "replies_twice": "reply.once",
    "replies_late": "reply.late",
    "replies_elsewhere": "reply.thread reply.missing",
    "replies_2gib": "reply.size",
    "replies_not": "reply.missing",
    "replies_garbage": "reply.message forms.garbage",
    "returns_nonsense": "call.status_set",
    "crashes": "life.completes",
    "fails_inside": "call.no_faults commands.without_session",
    "text_not_utf8": "reply.message",
    "text_hostile": "views.text",
    "view_dead_end": "views.rules",
    "job_ends_twice": "job.ends_once",
    "job_never_ends": "job.ends",
    "job_ends_accepted": "job.outcome",
    "leaks_threads": "process.threads stop.running_jobs stop.forgotten",
    "floods_log": "host.log_flood?",
    "too_new": "create.starts",
    "refuses_host": "load.entry",
    "other_version": "load.manifest_agrees",
    "short_table": "load.table",
    "missing_entry": "library.exports load.entry",
    "touches_process": "library.imports? process.signal_mask process.signal_handlers process.locale process.directory "
                       "process.umask process.environment process.output process.descriptors",
    "careless": "create.bad_arguments create.wrong_manifest create.twice create.missing_services call.bad_arguments "
                "call.before_start call.after_stop call.unknown_methods call.huge call.reply_status call.deadline_past "
                "call.wrong_thread commands.unknown stop.twice",
    "bad_guest": "stop.silence host.header host.requests host.threads host.services host.dialogs host.log",
    "holds_lock": "host.reentrance",
    "slow": "load.scan_time call.time_classes?",
    "believes_host": "host.every_status host.bad_answers",
    "strict": "call.unknown_fields call.garbage call.truncated call.deadline_zero main.unknown_tokens forms.garbage "
              "views.unknown hooks.without_session",
    "lives_once": "load.describe load.reload create.again create.newer_host process.thread_limit stop.forgotten",
    "exposed": "library.exports library.linking",
    "full_protobuf": "library.linking load.full_protobuf_host",
}
EXACT = {"good", "crashes", "hangs_in_call", "replies_twice", "replies_late", "replies_elsewhere", "replies_2gib", "replies_not",
         "text_hostile", "view_dead_end", "job_ends_accepted", "floods_log", "other_version", "refuses_host", "short_table",
         "missing_entry", "touches_process", "holds_lock", "believes_host", "exposed", "full_protobuf"}
# No plugin here fails these: library.manifest has its tests at the host SDK.
NEVER = {"library.manifest"}

# Seconds for a check. Those that hang use it up; a job that never ends is given a tenth of it, again and again.
IMPATIENT = {"hangs_in_call": "5", "hangs_in_stop": "5", "holds_lock": "5", "job_never_ends": "5"}

RUN = {"as": "dr_probe", "invoke": "broken.run"}
FORM = {"as": "dr_probe", "invoke": "broken.form"}
JOB = {"as": "dr_probe", "invoke": "broken.job", "wait_job": True, "timeout_ms": 1500}
LOCK = {"lock": "dr_probe"}
# steps, exit code, what stands in the messages (standard error and host.log)
HOST = {
    "good": ([RUN, FORM, JOB, LOCK], 0, []),
    "throws_in_describe": ([RUN], 3, ["PLUGIN REFUSED", "threw an exception out of describe"]),
    "throws_in_create": ([RUN], 3, ["PLUGIN REFUSED", "threw an exception out of create"]),
    "throws_in_call": ([RUN], 2, ["threw an exception out of call", "FAILED step 1"]),
    "throws_in_cancel": ([dict(JOB, wait_job=False), {"cancel_job": True}], 0, ["threw an exception out of cancel"]),
    "throws_in_stop": ([RUN], 3, ["threw an exception out of stop", "PLUGIN DID NOT STOP"]),
    "throws_in_destroy": ([RUN], 0, ["threw an exception out of destroy"]),
    "hangs_in_call": ([RUN], 3, ["PLUGIN HANGS it has not returned from call"]),
    "hangs_in_stop": ([FORM], 3, ["PLUGIN HANGS it has not returned from stop"]),
    "replies_twice": ([RUN], 0, ["answered a call twice"]),
    "replies_late": ([RUN, FORM], 0, ["answered after its call had ended"]),
    "replies_elsewhere": ([RUN], 2, ["answered on another thread", "success without an answer"]),
    "replies_2gib": ([RUN], 2, ["larger than PVS_MAX_MESSAGE"]),
    "replies_not": ([RUN], 2, ["success without an answer"]),
    "replies_garbage": ([RUN], 2, ["is not the message of its method"]),
    "returns_nonsense": ([RUN], 2, ["a status that does not exist"]),
    "fails_inside": ([RUN], 2, ["FAILED step 1"]),
    "text_not_utf8": ([FORM], 2, ["is not the message of its method"]),
    "text_hostile": ([FORM], 0, []),
    "view_dead_end": ([FORM], 0, []),
    "job_ends_twice": ([JOB, FORM], 0, ["ended twice"]),
    "job_never_ends": ([JOB], 2, ["did not end within", "did not end before the plugin was stopped"]),
    "job_ends_accepted": ([dict(JOB, expect={"error": {"code": "host.bad_job_end"}})], 0, ["ended as accepted"]),
    "leaks_threads": ([JOB], 0, ["threads more than before"]),
    "floods_log": ([RUN, FORM], 0, ["floods the log", "log lines of the plugin were dropped"]),
    "too_new": ([RUN], 3, ["PLUGIN REFUSED", "needs minor version 99"]),
    "refuses_host": ([RUN], 3, ["PLUGIN REFUSED", "refuses a host of minor version 0"]),
    "other_version": ([RUN], 3, ["PLUGIN REFUSED", "version is 1.0.0 in the manifest, 2.7.1 in the plugin"]),
    "short_table": ([RUN], 3, ["PLUGIN REFUSED", "table of functions is incomplete"]),
    "missing_entry": ([RUN], 3, ["PLUGIN REFUSED", "no symbol pvs_plugin_entry_v1"]),
    "bad_guest": ([RUN], 0, ["which its manifest does not ask for", "uses a stream on the main thread"]),
    "slow": ([RUN], 0, ["kept the main thread"]),
    "careless": ([RUN], 0, []),
    "exposed": ([RUN, JOB], 0, []),
}


def validate(args, name, expected):
    with tempfile.TemporaryDirectory() as work:
        out = os.path.join(work, "out.json")
        # A check that hangs uses its time up; the others are over long before.
        run = subprocess.run([args.validate, os.path.join(args.broken, name), "--json", out, "--jobs", "3", "--timeout",
                              IMPATIENT.get(name, "30"),
                              "--time-factor", "2" if name == "slow" else "50"], capture_output=True, text=True, timeout=250)
        with open(out, encoding="utf-8") as file:
            checks = {check["name"]: check for check in json.load(file)["checks"]}
    failed = {n for n, c in checks.items() if c["verdict"] == "failed"}
    warned = {n + "?" for n, c in checks.items() if c["verdict"] == "warning"}
    wanted = set(expected.split())
    problems = []
    if not wanted <= failed | warned:
        problems.append(f"not named: {sorted(wanted - failed - warned)}")
    if name in EXACT and failed | warned != wanted:
        problems.append(f"named as well: {sorted((failed | warned) - wanted)}")
    code = 2 if failed else 1 if warned else 0
    if run.returncode != code:
        problems.append(f"exit code {run.returncode}, expected {code}")
    return problems, failed | {w.rstrip("?") for w in warned}, "\n".join(
        f"  {n}: {'; '.join(checks[n]['texts'])}" for n in sorted(failed - wanted)) if problems else ""


# One user: each costs a key pair and a slow password hash.
PRACTICE = {"practice": {"id": "pruefpraxis", "name": "Prüfpraxis (künstlich)", "sites": []}, "locale": "de-DE",
            "time_zone": "Europe/Berlin", "patients": [], "documents": [],
            "users": [{"id": "dr_probe", "name": "Dr. Probe (künstlich)", "roles": ["doctor"], "password": "kuenstlich-1"}]}


def host(args, name, case):
    steps, code, messages = case
    with tempfile.TemporaryDirectory() as work:
        practice = os.path.join(work, "practice.json")
        with open(practice, "w", encoding="utf-8") as file:
            json.dump(PRACTICE, file)
        script = os.path.join(work, "script.json")
        with open(script, "w", encoding="utf-8") as file:
            json.dump({"steps": steps}, file)
        run = subprocess.run([args.host, "run", "--plugin", os.path.join(args.broken, name), "--script", script, "--practice",
                              practice, "--data", os.path.join(work, "data"), "--patience",
                              "1" if name.startswith("hangs") else "60"], capture_output=True, timeout=120)
        log = os.path.join(work, "data", "host.log")
        said = run.stderr.decode("utf-8", "replace")
        if os.path.exists(log):
            with open(log, encoding="utf-8", errors="replace") as file:
                said += file.read()
    problems = []
    if run.returncode != code:
        problems.append(f"exit code {run.returncode}, expected {code}")
    problems += [f"nothing said like: {message}" for message in messages if message not in said]
    if b"\x1b" in run.stdout + run.stderr:
        problems.append("an escape sequence reaches the terminal")
    if name == "floods_log" and said.count("noch eine Zeile") > 5000:
        problems.append("the log holds the flood")
    return problems, set(), said[-2000:] if problems else ""


def main():
    part = sys.argv[1]

    class Args:
        validate, host, broken = sys.argv[2:5]

    there = {name for name in os.listdir(Args.broken) if os.path.isfile(os.path.join(Args.broken, name, "manifest.json"))}
    bad = sorted(there ^ set(VALIDATE))
    for name in bad:
        print(f"{name}: only in the table or only in the tree")
    cases, function = (VALIDATE, validate) if part == "validate" else (HOST, host)
    named = set()
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for name, (problems, found, why) in zip(cases, pool.map(lambda item: function(Args, *item), cases.items())):
            named |= found
            print(f"{name}: {'; '.join(problems) if problems else 'good'}")
            if problems:
                bad.append(name)
                print(why)
    if part == "validate":
        listing = subprocess.run([Args.validate, "--list"], capture_output=True, text=True, check=True).stdout
        unproved = {line.split("\t")[0] for line in listing.splitlines()} - named - NEVER
        if unproved:
            bad.append("coverage")
            print(f"checks that no broken plugin fails: {sorted(unproved)}")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
