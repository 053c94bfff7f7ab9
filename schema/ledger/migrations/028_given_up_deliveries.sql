-- Each scrape of a worker counts what was given up, among all that was sent.
create index on deliveries (channel) where outcome = 'given_up';
