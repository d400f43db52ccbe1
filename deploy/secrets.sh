#!/bin/sh
# Makes what docker-compose.yml reads as secrets, each once: sh deploy/secrets.sh [FOLDER]
# What is there already stays. The certificate and its key come from elsewhere: tls-certificate (with its chain), tls-key.
set -eu
folder=${1:-secrets}
umask 077
mkdir -p "$folder"

random() {
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

# Docker shows a secret to the container as it lies here: readable for its user, in a folder that is yours alone.
keep() {
    if [ ! -s "$folder/$1" ]; then
        cat >"$folder/$1.new"
        chmod 444 "$folder/$1.new"
        mv "$folder/$1.new" "$folder/$1"
    fi
}

random | keep secret-key
random | keep database-password
printf 'postgres://studio:%s@postgres:5432/studio\n' "$(cat "$folder/database-password")" | keep database-url
# Valkey's password is a line of its configuration.
printf 'requirepass %s\n' "$(random)" | keep valkey-password
printf 'redis://:%s@valkey:6379/0\n' "$(sed 's/^requirepass //' "$folder/valkey-password")" | keep redis-url
# It stood in .env once.
mail=$(sed -n 's/^EMAIL_URL=//p' .env 2>/dev/null || :)
none='# A mail server instead of this line, if there is one, like smtp+tls://user:password@mail.example.com:587'
printf '%s\n' "${mail:-$none}" | keep email-url

for name in tls-certificate tls-key; do
    [ -s "$folder/$name" ] || echo "Still missing: $folder/$name (mode 444, as the others)" >&2
done
