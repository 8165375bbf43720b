# start a run, and read it
curl -N http://localhost:3000/events/answer -H 'Content-Type: application/json' \
  -H 'Idempotency-Key: 3f9c1b7e5a2d4860b1c3d5e7f9a0b2c4' -d '{"question":"Why is the sky blue?"}'

# start it, and read it elsewhere: 202, with the address of the run in Location
curl -i http://localhost:3000/events/answer -H 'Content-Type: application/json' -H 'Prefer: respond-async' \
  -H 'Idempotency-Key: 3f9c1b7e5a2d4860b1c3d5e7f9a0b2c4' -d '{"question":"Why is the sky blue?"}'

# read it from the beginning, or after an event
curl -N 'http://localhost:3000/events/answer?$run=3f9c1b7e5a2d4860b1c3d5e7f9a0b2c4'
curl -N 'http://localhost:3000/events/answer?$run=3f9c1b7e5a2d4860b1c3d5e7f9a0b2c4' -H 'Last-Event-ID: 5k2w9d1c.12'

# end it
curl -X POST 'http://localhost:3000/events/$runs/3f9c1b7e5a2d4860b1c3d5e7f9a0b2c4' -H 'Content-Type: application/json'
