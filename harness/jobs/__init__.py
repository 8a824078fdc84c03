"""From settings to a result, one module a job: what a command of ``bench`` does, without its words and flags."""
