# Everything a fresh clone needs. `make help` lists the targets; ARGS are passed on to tracetop or pytest:
#   make run ARGS="-c nginx"        make test ARGS="tests/lang -x"

BIN := .venv/bin
CHECKED := tracetop tests bench scripts
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test test-vm test-vm-all lint format bench screenshots clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

run: ## Start the dashboard, after installing what is missing
	@scripts/setup.sh run
	@$(BIN)/tracetop $(ARGS)

test: ## Run all tests; those that load BPF programs run as root
	@scripts/setup.sh dev
	@scripts/test.sh $(BIN)/python $(ARGS)

test-vm: ## Run tests on two of Debian's kernels in virtual machines: kprobes, hotplug, scripts, dashboard (as root)
	@scripts/setup.sh vm
	@$(BIN)/python -m tests.vm $(ARGS)

test-vm-all: ## Run them and the cases of the language on five kernels, and keep the results (as root, hours)
	@scripts/setup.sh vm
	@$(BIN)/python -m tests.vm --all --record $(ARGS)

lint: ## Check format, style and types
	@scripts/setup.sh dev
	$(BIN)/ruff format --check $(CHECKED)
	$(BIN)/ruff check $(CHECKED)
	$(BIN)/mypy

format: ## Format the code and fix what can be fixed automatically
	@scripts/setup.sh dev
	$(BIN)/ruff format $(CHECKED)
	$(BIN)/ruff check --fix $(CHECKED)

bench: ## Measure the cost in the kernel, of a traced loop, of printed lines, and of the screen (as root, several minutes)
	@scripts/setup.sh bench
	$(BIN)/python -m bench.kernel_cost --check
	$(BIN)/python -m bench.loop_cost
	$(BIN)/python -m bench.print_cost
	$(BIN)/python -m bench.screen_cost --check

screenshots: ## Drive the real dashboard and save what it shows under screenshots/ (as root)
	@scripts/setup.sh dev
	$(BIN)/python -m scripts.screenshots

clean: ## Remove the virtual environment and everything that was generated
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find tracetop tests bench scripts -name __pycache__ -type d -prune -exec rm -rf {} +
