# All lines of one login, as JSON. With the log component accessControl at verbosity 1 the plugin
# writes each step.
#
#     jq -nRcf login.jq --argjson login 12 /var/log/mongodb/mongod.log
inputs | fromjson?
| select((.msg // "" | startswith("MONGODB-AWS")) and .attr.login == $login)
