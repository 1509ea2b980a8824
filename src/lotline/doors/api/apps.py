from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "lotline.doors.api"
    label = "api"
