# A person and CI type the same words. Ports and other choices are variables: make run RUN_PORT=9000
.DEFAULT_GOAL := help
.PHONY: help run console screenshots test bench bench-check long chaos outages api-check fuzz check schema fmt clean
MAKEFLAGS += --no-print-directory

export RUN_PORT ?= 8095
export SIM_PORT ?= 8096
export PG_PORT ?= 8097
export DEMO_SECONDS ?=
SECONDS ?= 60
ARGS ?=

help: ## what can be done here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  RUN_PORT=$(RUN_PORT) (service)  SIM_PORT=$(SIM_PORT) (simulated platforms)  PG_PORT=$(PG_PORT) (private Postgres)"
	@echo "  DATABASE_URL=…  run on your own Postgres    DEMO_SECONDS=20  stop by itself    ARGS=…  passed on to cargo test"

run: ## the whole thing with simulated platforms; messages appear in the terminal (Ctrl-C stops it)
	@scripts/run

console: ## the administrator's page, built into the program with the next build (needs Node 20)
	@scripts/console

screenshots: ## docs/screenshots anew, from the walk through the page (needs Chromium)
	@NEED_CONSOLE=1 UPDATE_SCREENSHOTS=1 scripts/test --test it console::

test: ## every test, on a private Postgres of its own (ARGS="delivery::" for some)
	@scripts/test $(ARGS)

api-check: ## two minutes of whatever the schema allows (Schemathesis; needs Python)
	@scripts/api-check

long: ## thirty simulated days with two workers and bad weather; LONG_SEED=… for other weather
	@scripts/test --test it --release -- --ignored long_run

fuzz: ## every decoder of foreign bytes against hostile input, SECONDS=60 each (needs a C++ compiler); TARGET=… for one
	@FUZZ_SECONDS=$(SECONDS) scripts/fuzz

chaos: ## 1,000 kills at random moments and steps; SEED=… KILLS=… for others
	@SEED="$(SEED)" KILLS="$(KILLS)" scripts/chaos

outages: ## Postgres away for 45 s, cut for minutes; sixteen months of a thousand accounts' daily posts
	@scripts/test --test it -- --ignored outages growth

bench: ## speed, each figure beside its floor; ARGS="idle imports" for some, ARGS=--long for an hour's polls
	@scripts/bench $(ARGS)

bench-check: ## processor instructions of the pure parts against benches/baseline.json (needs valgrind)
	@scripts/bench-check $(ARGS)

check: ## format, lints, generated files, Hasura's metadata against the database, scripts, licences
	@scripts/check

schema: ## write schema/ and hasura-metadata/ anew from the code
	@scripts/schema

fmt: ## format the code
	@cargo fmt

clean: ## stop and delete the private databases, and delete what was built
	@scripts/postgres drop .local/postgres
	@scripts/postgres drop "$${CARGO_TARGET_DIR:-target}/test-postgres"
	@scripts/postgres drop "$${CARGO_TARGET_DIR:-target}/check-postgres"
	@scripts/postgres drop "$${CARGO_TARGET_DIR:-target}/chaos-postgres"
	@cargo clean
