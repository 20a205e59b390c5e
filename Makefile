# `make` lists what there is.  Each target sets up .venv first if needed, works without a terminal, and ends by itself.
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow check fix golden bench bench-peer train evaluate calipers calipers-fit bench-receive bundle lock clean
SHELL := /bin/sh
BIN := .venv/bin

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup: ## virtual environment with the locked dependencies, this package in it
	@tools/setup.sh test

demo: ## make a synthetic chest CT, screen it, say where the report lies
	@tools/setup.sh runtime
	@rm -rf demo
	@$(BIN)/lianyi phantom demo/study --seed 1
	@$(BIN)/lianyi screen demo/study --out demo/report

check: setup ## lint, format, types, import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check ## check, then the default tests
	$(BIN)/pytest

test-slow: setup ## the tests that take minutes
	$(BIN)/pytest -m slow

fix: setup ## repair everything a tool can repair
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

golden: setup ## rewrite the golden outcomes; review the diff
	LIANYI_REWRITE_GOLDEN=1 $(BIN)/pytest tests/golden
	git diff --stat -- tests/golden

bench: setup ## time by stage and memory, as a table and as out/bench.json
	$(BIN)/python tools/bench.py

bench-peer: ## time the networks against MONAI's RetinaNet on one chest into out/bench-peer.json; minutes
	@tools/setup.sh peer
	PYTHONPATH=train OMP_WAIT_POLICY=passive $(BIN)/python tools/bench_peer.py

train: ## train the networks from ../shared/data into out/train; hours; goes on where it was cut off
	@tools/setup.sh train
	PYTHONPATH=train OMP_WAIT_POLICY=passive $(BIN)/python -m lianyi_train.recipe $(TRAIN)

evaluate: setup ## every measuring stick on both folds of ../shared/data; some ten minutes
	PYTHONPATH=train $(BIN)/python -m lianyi_train.evaluate

calipers: setup ## measure phantoms and LIDC slabs anew and write docs/validation/measurement.md; some twenty minutes
	PYTHONPATH=train $(BIN)/python -m lianyi_train.calipers.collect reported
	PYTHONPATH=train $(BIN)/python -m lianyi_train.calipers.report

calipers-fit: setup ## fit the uncertainty of measuring and the surface scores anew; half an hour
	PYTHONPATH=train $(BIN)/python -m lianyi_train.calipers.collect building
	PYTHONPATH=train $(BIN)/python -m lianyi_train.calipers.fit

bench-receive: setup ## time the station's receiving, idle and while it screens
	$(BIN)/python tools/bench_receive.py

bundle: setup ## wheels and an install script for a hospital without internet, into dist
	tools/bundle.sh

lock: setup ## resolve the dependencies anew into requirements/
	tools/lock.sh

clean: ## remove what the other targets made, .venv included
	rm -rf .venv demo out dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
