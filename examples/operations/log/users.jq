# The users that logged in: how often, when last, from which session and address.
#
#     jq -nRrf users.jq /var/log/mongodb/mongod.log
["logins", "last", "user", "arn", "remote"],
([inputs | fromjson? | select(.msg == "MONGODB-AWS login verified")]
  | group_by(.attr.principal) | sort_by(-length)[]
  | [length, (last | .t."$date", .attr.principal, .attr.rawArn, .attr.remote)])
| @tsv
