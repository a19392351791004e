# The logins that took at least so many milliseconds, the slowest first.
#
#     jq -nRrf slow-logins.jq --argjson ms 1000 /var/log/mongodb/mongod.log
["ms", "time", "outcome", "remote", "stsRequestId"],
([inputs | fromjson?
    | select(.msg == "MONGODB-AWS login verified" or .msg == "MONGODB-AWS login refused")
    | select(.attr.durationMillis >= $ms)]
  | sort_by(-.attr.durationMillis)[]
  | [.attr.durationMillis, .t."$date", (.attr.reason // "verified"), .attr.remote,
     .attr.stsRequestId])
| @tsv
