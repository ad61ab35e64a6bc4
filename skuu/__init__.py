"""SKUU: settings, the map of doors, the timetable. It wires the stages together and owns nothing."""
