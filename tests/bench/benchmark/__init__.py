# SPDX-License-Identifier: BSD-2-Clause
"""The parts of the benchmark that `bench.py` puts together: measure, judge, report, annotate."""
