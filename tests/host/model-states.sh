#!/bin/sh
# SPDX-License-Identifier: MIT
# model-states: no order of two vCPUs' accesses breaks the rules of page types, grants and event channels, as far
# as the models of tests/model go in a few rounds (docs/models.md); `make model` goes farther.
# RUN: timeout=240
exec "$(dirname "$0")/../model/run.sh" -t -q "${BUILD:-build}/model"
