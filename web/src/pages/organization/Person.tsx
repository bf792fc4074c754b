interface Someone {
  first_name: string;
  last_name: string;
  email: string;
  initials?: string;
}

export const called = (user: Someone) => `${user.first_name} ${user.last_name}`.trim() || user.email;

/** Somebody in a list: initials, name, address. */
export function Person({ user, self }: { user: Someone; self: boolean }) {
  const name = called(user);
  return (
    <div className="person">
      <span className="person-initials" aria-hidden>
        {user.initials}
      </span>
      <div className="grow">
        <p className="person-name clip">
          {name}
          {self && <span className="badge">You</span>}
        </p>
        {name !== user.email && <p className="muted small clip">{user.email}</p>}
      </div>
    </div>
  );
}
