-- What a registered operation is asked with, and what its answer must be like on the data that a run is about to publish; without
-- the latter it is only validated.
alter table subscription_operations add column variables jsonb, add column expects jsonb;
