#!/bin/sh
# SPDX-License-Identifier: MIT
# model-mutants: the models can fail. Each seeded bug of tests/model/mutants is put into a copy of the hypervisor's
# source, and has to be found.
# RUN: timeout=300
exec "$(dirname "$0")/../model/run.sh" -t -m "${BUILD:-build}/model"
