# Everything starts here, on a machine that has python3 and make. See `make help`.
#
# Settings, as make variables or in the environment:
#   PYTHON        the Python to use: CPython 3.12 or 3.11 (default: the best one found)
#   AIRFLOW_PORT  Airflow's UI and API (default 8080)
#   AWS_PORT      the local AWS endpoint (default 4566)
#   LOCAL_DIR     the state of the local stack (default .local)
#   ENV           the environment to deploy to: dev, staging or prod (see deploy/settings/)
#   USE_CASE      what `make run` and its like are about: abalone (the default) or another of dags/

.DEFAULT_GOAL := help
.PHONY: help run train predict drift data ingest airflow nights test setup up down status logs lint typecheck locks stacks trial package package-check images deploy rollback coverage calls bench soak clean

# What would bend the Pythons started here: paths of other projects, missing bytecode.
unexport PYTHONPATH PYTHONHOME PYTHONSAFEPATH PYTHONDONTWRITEBYTECODE
export PYTHON AIRFLOW_PORT AWS_PORT LOCAL_DIR

# Goes on with a Python that fits.
python := "$(or $(PYTHON),python3)" deploy/interpreter.py

help:  ## Show this list
	@sed -n 's/^\([a-z-]*\):[a-z ]*## /\1\t/p' Makefile | expand -t 15

run:  ## Set up, bring the local stack up, train once, deploy, ask production; also: make run USE_CASE=churn
	@$(python) -m deploy.local run --use-case "$(or $(USE_CASE),abalone)"

train:  ## The same without deployment: what is registered waits for a person's approval
	@$(python) -m deploy.local train --use-case "$(or $(USE_CASE),abalone)"

predict:  ## Ask production: make predict ROW="M,0.455,0.365,0.095,0.514,0.2245,0.101,0.15" USE_CASE=abalone
	@$(python) -m deploy.local predict --use-case "$(or $(USE_CASE),abalone)" -- "$(ROW)"

drift:  ## After make run: production's traffic drifts, that is found, retrained on, and what is better is promoted
	@$(python) -m deploy.local drift --use-case "$(or $(USE_CASE),abalone)"

data:  ## Let the next day of sample data arrive, or more: make data DAYS=3 USE_CASE=churn
	@$(python) -m deploy.local data --days "$(or $(DAYS),1)" --use-case "$(or $(USE_CASE),abalone)"

ingest:  ## Bring a file of rows, which is trained on or refused: make ingest FILE=rows.csv USE_CASE=churn
	@$(python) -m deploy.local ingest --use-case "$(or $(USE_CASE),abalone)" -- "$(FILE)"

airflow:  ## Run Airflow's own command on the stack: make airflow ARGS="dags list"
	@$(python) -m deploy.local airflow $(ARGS)

nights:  ## Live through a year of nights on a virtual clock: make nights NIGHTS=30 SEED=7 USE_CASE=churn
	@$(python) -m nights --use-case "$(or $(USE_CASE),abalone)" --nights "$(or $(NIGHTS),365)" --seed "$(or $(SEED),1)"

test:  ## Set up and run every check and test, or some: make test CHECKS="jobs lint"
	@$(python) -m tests $(CHECKS)

setup:  ## Install what running and testing need
	@$(python) -m deploy.environments test

up:  ## Bring the local stack up: the AWS endpoint and Airflow
	@$(python) -m deploy.local up

down:  ## Stop the local stack
	@$(python) -m deploy.local down

status:  ## Show the local stack: its processes, addresses and login
	@$(python) -m deploy.local status

logs:  ## Show the end of every log of the stack, or the whole of one: make logs SERVICE=scheduler
	@$(python) -m deploy.local logs $(SERVICE)

lint:  ## Check style and import boundaries
	@$(python) -m tests lint format imports

typecheck:  ## Check types
	@$(python) -m tests types-airflow types-jobs types-nights types-server types-own

locks:  ## Resolve requirements/*.in, and the images', into their locks
	@$(python) -m deploy.environments locks

stacks:  ## Make the stacks of an environment on AWS, or some: make stacks ENV=dev STACKS="network storage"
	@$(python) -m deploy.environments deploy
	@.venv/airflow/bin/python -m deploy.stacks "$(ENV)" $(STACKS)

trial:  ## Train once in an environment on AWS: make trial ENV=staging
	@$(python) -m deploy.environments deploy
	@.venv/airflow/bin/python -m deploy.trial "$(ENV)"

package:  ## Make what Amazon MWAA takes, in dist/
	@$(python) -m deploy.packaging build

package-check:  ## Make it and prove it: in the packages of MWAA's images, without a network
	@$(python) -m deploy.packaging check

images: package  ## Build the container images and push them, with Docker or in CodeBuild: make images ENV=staging
	@.venv/airflow/bin/python -m deploy.images "$(ENV)"

deploy: package  ## Bring it into an environment, or see what that would change: make deploy ENV=staging DRY_RUN=yes
	@.venv/airflow/bin/python -m deploy.release deploy "$(ENV)" $(if $(DRY_RUN),--dry-run)

rollback:  ## Bring an environment back to what was deployed before: make rollback ENV=staging DRY_RUN=yes
	@$(python) -m deploy.environments deploy
	@.venv/airflow/bin/python -m deploy.release rollback "$(ENV)" $(if $(DRY_RUN),--dry-run)

coverage: setup  ## Renew the page that lists what the local SageMaker supports
	@.venv/dev/bin/python -m sagemaker_local coverage > docs/local-sagemaker-coverage.md

calls: setup  ## Renew what is on record as asked of AWS in a full local run (20 minutes): least privilege is held to it
	@.venv/dev/bin/python -m tests.support.full_run > tests/fixtures/called.new
	@mv tests/fixtures/called.new tests/fixtures/called.txt

bench:  ## Measure the DAG on the running stack, or what BENCH names (see CONTRIBUTING.md): make bench BENCH=local
	@$(python) -m bench $(BENCH)

soak:  ## Run what takes too long for every change, or some of it: make soak CHECKS="aws stack"
	@$(python) -m tests --soak $(CHECKS)

clean: down  ## Stop the stack and remove its state and all environments
	rm -rf .venv "$(or $(LOCAL_DIR),.local)" .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
