from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "dashu.operations"

    def ready(self) -> None:
        from dashu.operations.metrics import counting, worker_port

        counting.connect()
        worker_port.connect()
