def ensure_seeded(settings, lms_url, say): say("no seed yet")
