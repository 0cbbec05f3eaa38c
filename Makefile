# What can be done here. Each target is a script that also works alone.

.PHONY: setup run test check lint types migrations-check catalogs lock

setup: ## install what is needed, for development too
	script/setup --dev
run: ## start everything
	script/server
test: ## run all tests
	script/test
check: ## run all checks at once
	script/check
lint: ## style only
	"$$(script/setup --dev --python)" -m ruff check
types: ## types only
	"$$(script/setup --dev --python)" -m mypy
migrations-check: ## models and migrations agree
	"$$(script/setup --dev --python)" manage.py makemigrations --check --dry-run
catalogs: ## collect new messages into the catalogs
	"$$(script/setup --dev --python)" -m dashu.runtime.catalogs update
lock: ## choose package versions anew
	script/lock
