# How many logins were refused for each reason, the most frequent first, with the last one's detail.
# `mongodb-aws-auth explain REASON` says what to do.
#
#     jq -nRrf refusals-by-reason.jq /var/log/mongodb/mongod.log
["logins", "reason", "group", "last", "detail"],
([inputs | fromjson? | select(.msg == "MONGODB-AWS login refused")]
  | group_by(.attr.reason) | sort_by(-length)[]
  | [length, (last | .attr.reason, .attr.group, .t."$date", .attr.detail)])
| @tsv
