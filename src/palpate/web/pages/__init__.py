"""The pages, a folder for each part of the work. Each gives its ROUTES to `palpate.web.urls`."""
