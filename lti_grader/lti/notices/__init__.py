"""The Platform Notification Service 1.0: what a platform tells us when nobody is there to launch."""
