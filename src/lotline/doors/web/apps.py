from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "lotline.doors.web"
    label = "web"
