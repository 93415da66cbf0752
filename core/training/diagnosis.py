def diagnose(events, config):
    return None
