"""Who works in the demonstration plant. Some of them may sign in; the others are names on facts."""

from __future__ import annotations

from dataclasses import dataclass

from lotline.records.people.choices import Role

# Printed at the first start of a demonstration and nowhere else valid: these accounts exist in the demonstration plant only.
DEMO_PASSWORD = "lotline-demo"  # noqa: S105 -- meant to be known


@dataclass(frozen=True, slots=True)
class DemoUser:
    """An account of the demonstration plant."""

    username: str
    name: str
    role: Role


QUALITY_LEAD = "周敏"
QUALITY_SECOND = "李工"
LEADER = "陈刚"
PLANNER = "王强"
SEALER = "张秀兰"
SEALER_SECOND = "陈燕"
RETORT = "刘强"
KETTLE = "马建国"
TUMBLER = "何勇"
RECEIVER = "王芳"
STORE = "孙莉"
SHIPPER = "赵磊"
BUYER = "何丽"

_USERS = (
    DemoUser("dengzhiyuan", "邓志远", Role.OWNER),
    DemoUser("zhoumin", QUALITY_LEAD, Role.QUALITY),
    DemoUser("ligong", QUALITY_SECOND, Role.QUALITY),
    DemoUser("wangqiang", PLANNER, Role.PLANNER),
    DemoUser("chengang", LEADER, Role.LEADER),
    DemoUser("zhangxiulan", SEALER, Role.OPERATOR),
    DemoUser("sunli", STORE, Role.WAREHOUSE),
    DemoUser("lintao", "林涛", Role.IT),
    DemoUser("sujing", "苏静", Role.AUDITOR),
)


def demo_users() -> tuple[DemoUser, ...]:
    """The accounts that may sign in, all with ``DEMO_PASSWORD``."""
    return _USERS


def username_of(name: str) -> str:
    """The account of a person who signs facts."""
    return next(user.username for user in _USERS if user.name == name)
