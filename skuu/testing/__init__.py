"""The named cast and the assertions that tests share."""
