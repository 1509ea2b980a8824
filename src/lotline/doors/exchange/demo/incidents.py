from lotline.doors.exchange.demo.plan import Plan


def prepare_incidents(plan: Plan) -> None:
    pass


def tell_incidents(plan: Plan) -> None:
    pass
